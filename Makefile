# `make demo` and `make test` each set up their own virtual environment and need nothing but Python 3.10 to 3.13.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo page test coverage test-quick test-page hostile fuzz kill full audit oldest check format docs docs-check site package clean

demo: $(VENV)/user-ready
	$(BIN)/python -m japananime.stylize --in Pretrain/origin

page: $(VENV)/page-ready
	$(BIN)/python -m japananime.demo --open

# In so many processes, each of which takes up to 2 GB.
WORKERS ?= 2
test: $(VENV)/developer-ready
	$(BIN)/python -m pytest -rs --durations=20 --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

# The same with the lines that it passes through counted, which takes longer.
coverage: $(VENV)/developer-ready
	$(BIN)/python -m pytest --cov

# What takes under a second and starts no training in a process of its own: two minutes.
test-quick: $(VENV)/developer-ready
	$(BIN)/python -m pytest --quick

# In a real browser: needs Chromium (Debian and Ubuntu: apt install chromium).
test-page: $(VENV)/developer-ready $(VENV)/page-ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'playwright>=1.60,<2'
	$(BIN)/python -m pytest tests/web/test_page.py tests/web/test_exported_page.py

# Whole commands on files that lie, with limits on time and memory: minutes. What takes less is in `make test`.
hostile: $(VENV)/developer-ready
	$(BIN)/python -m pytest tests/hostile tests/hostile/commands.py

# Pictures, films and styles with bytes changed at random, for so many minutes.
MINUTES ?= 10
fuzz: $(VENV)/developer-ready
	$(BIN)/python tests/hostile/fuzz.py --minutes $(MINUTES)

# A training of each family, a film, photos and every tool, killed so many times each at random moments: minutes for
# each tool, and longer for each training.
KILLS ?= 50
kill: $(VENV)/developer-ready
	$(BIN)/python tests/kill/kill.py --kills $(KILLS)

# The same commands with a disk that fills up at so many places of each, on Linux: hours.
PLACES ?= 20
full: $(VENV)/developer-ready
	$(BIN)/python tests/kill/full.py --places $(PLACES)

# Published holes of what is installed, and the licences of what is bundled.
audit: $(VENV)/developer-ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.9,<3'
	$(BIN)/python .ci/audit.py

# The oldest versions that are allowed, in an environment that is removed afterwards, and the quick tests there.
oldest: $(VENV)/bin/python
	$(BIN)/python .ci/check_oldest.py

check: $(VENV)/developer-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest --quiet --noconftest tests/test_architecture.py
	$(BIN)/mypy

format: $(VENV)/developer-ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The picture of the rooms in docs/architecture.md, from the imports in the source.
docs:
	$(PYTHON) docs/draw_rooms.py

# Every command of the documents, cut down to seconds each.
docs-check: $(VENV)/developer-ready
	$(BIN)/python tests/walk/documents.py

# The documents as a site with search, in build/site. Broken links and anchors end it.
site: $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.txt
	$(BIN)/zensical build --strict --clean

# A wheel and an sdist in dist/, and a photo stylised by the wheel where nothing else is installed.
package: $(VENV)/developer-ready
	$(BIN)/python .ci/check_package.py

clean:
	rm -rf $(VENV) build dist *.egg-info .cache .pytest_cache .ruff_cache .mypy_cache .coverage

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' \
		|| { echo "Python 3.10 to 3.13 is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "on Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/user-ready: requirements-stylize.txt setup.cfg | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-stylize.txt
	touch $@

$(VENV)/page-ready: requirements-stylize.txt requirements-demo.txt setup.cfg | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-stylize.txt -r requirements-demo.txt
	touch $@

$(VENV)/developer-ready: requirements-stylize.txt requirements-train.txt requirements-export.txt requirements-cluster.txt requirements-formats.txt requirements-dev.txt setup.cfg | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
