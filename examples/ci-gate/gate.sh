#!/bin/sh
# What a CI job runs: start the experiment, wait for the verdict, keep the report, end by the verdict.
# SLUICE_URL and SLUICE_API_KEY name the stack; on a laptop the local one is found without them.
set -u
here=$(dirname "$0")
report=${REPORT:-sluice-report.md}

# The commit is the idempotency key: a job that is run again joins the run that is there, and pays nothing twice.
npm run -s sluice -- run start "$here/experiment.yaml" --watch \
  --idempotency-key "ci-${GIT_SHA:-$(git rev-parse HEAD)}" \
  --markdown "$report" --on-inconclusive pass
code=$?

case $code in
  0) echo "gate: open" ;;
  1) echo "gate: could not decide, the run did not finish" ;;
  2) echo "gate: the spec or its data are wrong" ;;
  3) echo "gate: closed, see $report" ;;
  4) echo "gate: not enough evidence, see $report" ;;
esac
exit $code
