# Seedling: the two commands that matter are `make pretrain` and `make test`; `make` alone lists the rest.
SHELL := /bin/sh
BUILD := build
SEEDLING := $(BUILD)/seedling
JOBS := $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
RUNS ?= runs
MINUTES ?= 3
PORT ?= 8080

# One program, one entry; `$(call flag,NAME,--flag)` adds a flag only where the variable was given.
flag = $(if $($(1)),$(2) "$($(1))")

.PHONY: help setup build pretrain finetune dashboard lessons test check bench clean

help:
	@echo "Seedling grows a language model from a seed, on this computer."
	@echo
	@echo "  make pretrain     train the default story model for 3 minutes; dashboard at http://localhost:8080"
	@echo "                    DATA=FILE|DIR|NAME OBJECTIVE=causal|masked PRESET=nano|baby|... MINUTES=3 RECIPE=fast PORT=8080"
	@echo "  make finetune     shape the last pre-trained model for the five tasks   TASK= DATA="
	@echo "  make dashboard    the dashboard over all runs, able to start and steer runs"
	@echo "  make lessons      every lesson's experiment, headless, with its claims (some ten minutes)   LESSON=4"
	@echo "  make test         all tests"
	@echo "  make check        format, include directions, sanitizers"
	@echo "  make bench        the benchmark table of this machine"
	@echo "  make build        build/seedling alone          make setup    install what is missing"

setup:
	@sh setup.sh build

# CMake decides what is out of date; a second `make build` does nothing.
build: setup
	@test -f $(BUILD)/Makefile || cmake -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=Release -DSEEDLING_TESTS=OFF -G "Unix Makefiles" >/dev/null
	@cmake --build $(BUILD) --target seedling -j$(JOBS) -- --no-print-directory -s

pretrain: build
	@$(SEEDLING) pretrain --data "$(or $(DATA),storyworld)" --minutes $(MINUTES) --serve $(PORT) \
	  --out "$(or $(RUN),$(RUNS)/pretrain-$(shell date +%Y%m%d-%H%M%S))" \
	  $(call flag,OBJECTIVE,--objective) $(call flag,PRESET,--preset) $(call flag,RECIPE,--recipe) \
	  $(call flag,ARCH,--arch) $(call flag,TOKENIZER,--tokenizer) $(call flag,SEED,--seed) $(FLAGS)

# The last pre-trained run under $(RUNS), the newest first; FROM= chooses another, TASK= and DATA= one task of your own.
FROM ?= $(shell for run in $$(ls -1td $(RUNS)/*/checkpoints/latest 2>/dev/null); do \
  grep -q '"command": "pretrain"' "$${run%/checkpoints/latest}/run.json" && echo "$${run%/checkpoints/latest}" && break; done)
finetune: build
	@test -n "$(FROM)" || { echo "make finetune: no pre-trained run in $(RUNS); run \`make pretrain\` first, or give FROM=MODEL_DIR" >&2; exit 1; }
	@$(SEEDLING) finetune --from "$(FROM)" --task "$(or $(TASK),all)" --data "$(or $(DATA),storyworld)" \
	  --minutes $(or $(FINETUNE_MINUTES),3.8) --serve $(PORT) --out "$(or $(RUN),$(RUNS)/finetune-$(shell date +%Y%m%d-%H%M%S))" \
	  $(call flag,TEST,--test) $(call flag,VALIDATION,--validation) $(call flag,LORA,--lora) $(call flag,SEED,--seed) $(FLAGS)

dashboard: build
	@mkdir -p $(RUNS)
	@$(SEEDLING) serve --runs $(RUNS) --port $(PORT)

lessons: build
	@sh setup.sh lessons
	@SEEDLING=$(SEEDLING) node lessons/run.mjs $(LESSON)

# The tests have a build folder of their own, so that building them never disturbs build/seedling.
test:
	@sh setup.sh test
	@cmake -S . -B $(BUILD)/test -DCMAKE_BUILD_TYPE=Release -DSEEDLING_TESTS=ON -DSEEDLING_WERROR=ON -G "Unix Makefiles" >/dev/null
	@cmake --build $(BUILD)/test -j$(JOBS) -- --no-print-directory -s
	@ctest --test-dir $(BUILD)/test --output-on-failure
	@$(BUILD)/test/test_cuda --say-skipped

check:
	@sh setup.sh test
	@sh tests/check.sh

bench: build
	@sh tests/bench/table.sh $(SEEDLING)

clean:
	rm -rf $(BUILD)
