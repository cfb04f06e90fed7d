#!/usr/bin/env bash
# install-deps.sh [build] [test] [dev]: installs those Debian packages that are missing.
#   build  what `make` and `make run` need (the default)
#   test   in addition for `make test` and `make bench`
#   dev    in addition for `make format`, `make lint`, `make coverage` and the fuzz preset
# Needs no network and no root when everything is there already.
set -euo pipefail

declare -A groups=(
  [build]="g++ cmake ninja-build ccache lld libfmt-dev libexpected-dev libyaml-dev libcsv-dev
           nlohmann-json3-dev libcli11-dev libtbb-dev libxxhash-dev
           libsimdjson-dev zlib1g-dev libzstd-dev"
  [test]="python3 libgtest-dev librapidcheck-dev libvalijson-dev libbenchmark-dev"
  [dev]="clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 gcovr"
)

wanted=()
for group in "${@:-build}"; do
  if [[ -z "${groups[$group]:-}" ]]; then
    echo "install-deps.sh: error: unknown group '$group'; expected build, test or dev" >&2
    exit 2
  fi
  read -r -d '' -a packages <<<"${groups[$group]}" || true
  wanted+=("${packages[@]}")
done

if ! command -v dpkg-query >/dev/null; then
  echo "install-deps.sh: error: this is not a Debian system; install by hand what these packages" \
       "hold: ${wanted[*]}" >&2
  exit 1
fi

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ "$status" == installed* ]] || missing+=("$package")
done
if [[ ${#missing[@]} -eq 0 ]]; then
  exit 0
fi

as_root=()
if [[ $EUID -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "install-deps.sh: error: as root, run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "installing: ${missing[*]}"
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 "$@"
}
apt update
apt install --yes --no-install-recommends "${missing[@]}" >/dev/null
