# Two commands: `make lifecycle` and `make test`. They need Python 3.11 or newer and nothing else; tox makes what they run in.
PYTHON ?= python3
TOX := .venv-tox/bin/tox
RUN = $(TOX) run --quiet

.PHONY: lifecycle test clean

lifecycle: $(TOX)  ## run the charge lifecycle on the best device under test that is here
	@echo "preparing the environment (half a minute the first time)"
	@$(RUN) -e lifecycle -- $(ARGS)

test: $(TOX)  ## style, types, the rig's own tests, and the real firmware where Zephyr is at hand
	$(TOX) run -e lint,types,unit,twin,central,browser,bench,farm,firmware

$(TOX):
	@echo "making $(TOX)"
	@$(PYTHON) -m venv .venv-tox || { echo "$(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv"; exit 3; }
	@.venv-tox/bin/pip install --quiet --disable-pip-version-check "tox>=4.20"

clean:  ## remove what make and tox made
	rm -rf .venv-tox .tox
