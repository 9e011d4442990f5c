# sh in-copy.sh CHECKS RESULTS_DIR COMMAND…
# Runs a command in a copy of the package, which it may write to and whose scripts may be started; then CHECKS, a
# script of the package, unless it is empty. Where the checks fail it leaves RESULTS_DIR/checks-failed.
checks=$1 results=$2
shift 2
copy=$(mktemp -d)/package || exit
mkdir "$copy" && cp -R . "$copy" && cd "$copy" || exit
grep -rl --null -m1 '^#!' . | xargs -0 chmod u+x 2>/dev/null || :
"$@" || exit
[ -z "$checks" ] || { chmod u+x "$checks" && "./$checks"; } || echo "$?" >"$results/checks-failed"
