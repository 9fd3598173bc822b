#!/usr/bin/env bash
# Installs the Debian packages that the tests and benchmarks use: a browser, the tools that results are compared with,
# and the libraries of the kernel benchmark. Needs root; does nothing where all are there.
set -euo pipefail

packages=(
  chromium          # end-to-end tests
  ncbi-blast+       # agreement of scores, E-values and coordinates
  ncbi-data         # scoring matrices
  samtools tabix    # faidx, bgzip: agreement of readers and fetch
  fasta3 mmseqs2    # ssearch36: sensitivity; easy-cluster: DNA fragments
  nginx-light       # a plain static host
  libparasail-dev libssw-dev build-essential # kernel benchmark
  python3-venv      # pyarrow and DuckDB, which the tests install with pip, read catalogs
)

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "Not root, so these packages are not installed: ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
echo "Installing ${missing[*]}" >&2
options=(-y -qq --no-install-recommends -o Dpkg::Use-Pty=0 -o Acquire::Retries=3)
apt-get update -qq
if ! apt-get install "${options[@]}" "${missing[@]}" </dev/null >/dev/null; then
  # One package that this Debian lacks must not cost the others.
  for package in "${missing[@]}"; do
    apt-get install "${options[@]}" "$package" </dev/null >/dev/null || echo "Could not install $package" >&2
  done
fi
