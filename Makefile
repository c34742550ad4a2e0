# Every target sets itself up: Node 24 (fetched through npm where the machine's own is older) and
# the locked dependencies. See docs/decisions/0002-node-24.md.
SHELL := /bin/bash
.DEFAULT_GOAL := help
NODE_BIN := $(shell sh tools/node24.sh --dir)
export PATH := $(if $(NODE_BIN),$(NODE_BIN):)$(CURDIR)/node_modules/.bin:$(PATH)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

setup: node_modules/.installed ## Node 24 and the locked dependencies

node_modules/.installed: package-lock.json tools/node24.sh
	@sh tools/node24.sh --install
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

build: setup ## built JavaScript in dist/
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node tools/build.ts

test: build ## everything that must be green; the last line counts
	@sh tools/prometheus.sh --install
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node tools/test.ts

vectors: setup ## other people's numbers, with counts (AURORA_VECTORS=FOLDER)
	@test -d "$${AURORA_VECTORS:?set it to the folder of the vectors}"
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" vitest run --disable-console-intercept --reporter=default --no-color \
	  src/base src/core/judge src/core/gate src/core/ledger test/ledger/witness.test.ts test/bench-judge.test.ts \
	  | grep -E '^[a-z0-9-]+\.(json|txt): |^left out| (passed|failed)'

demo: build ## see it work: four real promotions on this machine, in two minutes
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node bin/auroractl.js demo

sim: setup ## 10,000 seeded promotions with faults (SIM_COUNT, SIM_SEED)
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node tools/sim.ts --count $${SIM_COUNT:-10000} --seed $${SIM_SEED:-1}

kill-test: build ## 100 seeded promotions on real processes, of which some are killed (KILL_RUNS, KILL_SEED)
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node tools/kill-real.ts --runs $${KILL_RUNS:-100} --seed $${KILL_SEED:-1}

bench-engine: build ## 1,000 concurrent promotions for ten minutes; start-up ratios
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node bench/engine.ts
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node bench/start-up.ts

bench-splitter: setup ## the splitter beside HAProxy, one core each (BENCH_FLAGS=--short or --write)
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node bench/splitter.ts $(BENCH_FLAGS)

bench-judge: setup ## the judge beside its peers, a quarter of an hour (BENCH_FLAGS=--smoke or --write)
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node bench/judge.ts $(BENCH_FLAGS)

bench-promises: build ## what the judge promises, on real processes: half an hour of real time
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node bench/promises.ts

bench-ledger: setup ## appends beside raw SQLite, proofs and verification of 1,000,000 entries (BENCH_FLAGS=--short)
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node bench/ledger.ts $(BENCH_FLAGS)

test-faults: setup ## EIO, ENOSPC and SIGKILL at every write of an append; every byte of a ledger changed (FAULT_FLAGS=--every 10)
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node tools/test-faults.ts $(FAULT_FLAGS)
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node tools/test-faults-flips.ts $(FAULT_FLAGS)

bench-status: build ## `status` beside 100 active promotions
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node bench/status.ts

bench-pack: build ## what verifying an evidence pack costs (BENCH_FLAGS=--short)
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node bench/pack.ts $(BENCH_FLAGS)

generate: setup ## rewrite what is generated from the sources (JSON Schemas)
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" node tools/generate.ts

scenarios-update: setup ## rewrite the recorded output of test/scenarios; read the diff
	@PATH="$$(sh tools/node24.sh --dir):$$PATH" AURORA_UPDATE=1 vitest run test/scenarios.test.ts test/plan-check.test.ts

fmt: setup ## format and mend what can be mended
	@biome check --write .

clean: ## remove what was built and fetched
	rm -rf dist node_modules .node .tools

.PHONY: help setup build test vectors demo sim kill-test bench-engine bench-splitter bench-judge bench-promises bench-ledger test-faults bench-status bench-pack generate scenarios-update fmt clean
