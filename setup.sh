#!/usr/bin/env bash
# Makes .venv from requirements.lock and sees to Java; `./setup.sh test` also to what tests alone want.
# Quick when nothing has changed.
set -euo pipefail
cd "$(dirname "$0")"
PYTHON=${PYTHON:-python3}
STAMP=.venv/requirements.sha256
UV='uv==0.13.9'

java_says() { "${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1; }

java_works() { # 17 or newer
    local version
    version=$(java_says | sed -n 's/.* version "\([0-9]*\).*/\1/p')
    [ "${version:-0}" -ge 17 ]
}

venv_works() {
    .venv/bin/python -m pip --version >/dev/null 2>&1 || "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null
}

openmp_works() { "$PYTHON" -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null; }

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

apt_install() { # the end of its output if it fails
    local log
    echo "setup: installing $*"
    log=$(mktemp)
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1 ||
        { tail -5 "$log"; rm -f "$log"; return 1; }
    rm -f "$log"
}

# Installs what the machine lacks of Debian's packages if that is allowed, else says how.
install_missing() {
    local missing=""
    java_works || missing+=" openjdk-17-jre-headless" # Spark
    venv_works || missing+=" python3-venv"
    openmp_works || missing+=" libgomp1" # implicit, LightGBM
    [ "$missing" ] || return 0
    if may_install; then
        apt_install $missing || exit 1
    else
        echo "setup: this machine lacks$missing: run  sudo apt-get update && sudo apt-get install$missing" >&2
        exit 1
    fi
}

# Without these, the tests that need them are skipped and say so.
install_for_tests() {
    local missing=""
    command -v chromium >/dev/null || missing+=" chromium fonts-liberation"
    [ -x "$(PATH=$PATH:/usr/sbin command -v nginx)" ] || missing+=" nginx"
    [ "$missing" ] || return 0
    may_install && apt_install $missing ||
        echo "setup: without$missing some tests are skipped; apt-get install$missing"
}

install_packages() {
    local wanted
    wanted=$(sha256sum requirements.lock pyproject.toml | sha256sum)
    [ -f "$STAMP" ] && [ "$(cat "$STAMP")" = "$wanted" ] && return
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        { echo "setup: Python 3.11 or newer is needed; name one with PYTHON=..." >&2; exit 1; }
    echo "setup: installing $(grep -c '^[a-z]' requirements.lock) packages into .venv"
    .venv/bin/python -m pip --version >/dev/null 2>&1 || "$PYTHON" -m venv --clear .venv
    .venv/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check "$UV"
    # Compiled now, once: a run starts dozens of Python processes, each of which imports a lot.
    VIRTUAL_ENV=$PWD/.venv .venv/bin/uv pip install --quiet --no-cache --no-deps --require-hashes \
        --compile-bytecode -r requirements.lock
    VIRTUAL_ENV=$PWD/.venv .venv/bin/uv pip install --quiet --no-cache --no-deps \
        --no-build-isolation --editable .
    echo "$wanted" > "$STAMP"
    echo "setup: installed in $SECONDS s"
}

# Spark's classes as Java has them in memory: a job then starts in two thirds of the time.
archive_classes() {
    local classes=.venv/spark.jsa stamp=.venv/spark.sha256 wanted
    wanted=$({ cat "$STAMP"; java_says; } | sha256sum)
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return
    SECONDS=0
    SPARK_LOCAL_IP=127.0.0.1 PYSPARK_PYTHON=$PWD/.venv/bin/python .venv/bin/spark-submit --master 'local[2]' \
        --driver-java-options "-XX:ArchiveClassesAtExit=$classes.new -XX:TieredStopAtLevel=1 -XX:+UseSerialGC" \
        jobs/warm_up.py >.venv/spark.log 2>&1 && mv -f "$classes.new" "$classes" ||
        echo "setup: Spark's classes were not archived (.venv/spark.log says why); jobs only start slower"
    echo "$wanted" > "$stamp"
    echo "setup: archived Spark's classes in $SECONDS s"
}

install_missing
install_packages
archive_classes
[ "${1:-}" != test ] || install_for_tests
