# japananime on the processor, as a wheel without TensorFlow: all that photos and films take.
FROM python:3.12-slim AS build
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir /wheels/*.whl \
    && useradd --uid 1000 person
# Whoever it is run as has a home that can be written to.
ENV HOME=/tmp PYTHONUNBUFFERED=1
USER person
WORKDIR /pictures
ENTRYPOINT ["japananime"]
