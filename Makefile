# Two commands do everything on a fresh machine with Python >= 3.11: make run, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
THEATRES := china europe gulf

.PHONY: run test install lint schema quick differential fuzz mutants clean

run: $(READY)  ## Solve the models, compare and freeze the theatres; maps and tables into out/
	@mkdir -p out
	@for model in $(THEATRES); do \
		$(BIN)/computegrid run $$model --map out/$$model.html --save out/$$model || exit 1; \
		$(BIN)/computegrid compare $$model --map out/$$model-regimes.html \
			--csv out/$$model-regimes.csv || exit 1; \
		$(BIN)/computegrid freeze $$model --map out/$$model-freeze.html \
			--csv out/$$model-freeze.csv || exit 1; \
		echo; \
	done
	@for model in usa world; do \
		$(BIN)/computegrid run $$model --map out/$$model.html --save out/$$model || exit 1; echo; \
	done
	@$(BIN)/python tests/browser/shots.py out
	@echo "Maps: $(THEATRES:%=out/%.html) out/usa.html out/world.html; of the theatres also"
	@echo "      all regimes, out/*-regimes.html, and who can switch off what, out/*-freeze.html"
	@echo "      (open them in a browser, no network needed; out/*.png are pictures of every view)"
	@echo "Tables: $(THEATRES:%=out/%/) (CSV and Parquet, run.json says what they are)"

test: $(READY) lint  ## Lint, types, imports, and every test
	$(BIN)/pytest --quiet --doctest-modules src
	$(BIN)/pytest -n 2 --dist worksteal

lint: $(READY)
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

schema: $(READY)  ## Write what follows from tables/schema.py: data packages, models' JSON Schema, docs
	$(BIN)/python -m computegrid.generate

quick: $(READY)  ## The tests that need neither a browser nor a bundled model
	$(BIN)/pytest tests/unit tests/golden

differential: $(READY)  ## Every way to an answer against a literal program, on 1,000 worlds
	COMPUTEGRID_SEEDS=1000 $(BIN)/pytest tests/property/test_literal.py

fuzz: $(READY)  ## One thing wrong with a small world, 5,000 times, at every door
	COMPUTEGRID_SEEDS=5000 $(BIN)/pytest -n 2 --dist worksteal tests/fuzz

mutants: $(READY)  ## Break what must not be wrong in every way and see a test fail (hours)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[mutants]'
	nice -n 15 $(BIN)/mutmut run --max-children 1
	$(BIN)/mutmut results

install: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("computegrid needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) out mutants build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
