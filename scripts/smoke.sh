#!/bin/sh
# Builds the wheel, installs it with constraints.txt into an empty environment, runs the quick demo from another folder.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
python=${PYTHON:-python3}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$here/.venv/bin/python" -m build --wheel --outdir "$place/dist" "$here" >"$place/build.log" 2>&1 || { cat "$place/build.log"; exit 1; }
# Built again it is the same file, byte for byte: whoever has the source can prove what the wheel was made of.
"$here/.venv/bin/python" -m build --wheel --outdir "$place/again" "$here" >"$place/build.log" 2>&1 || { cat "$place/build.log"; exit 1; }
cmp "$place"/dist/*.whl "$place"/again/*.whl
"$python" -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --disable-pip-version-check -q -c "$here/constraints.txt" "$(ls "$place"/dist/*.whl)[train]"
mkdir "$place/elsewhere"
cd "$place/elsewhere"
"$place/venv/bin/workbench" --version
"$place/venv/bin/workbench" demo --quick --out run
test -s run/report.html
test -s run/report.json
echo "smoke: the wheel works away from the repository"
