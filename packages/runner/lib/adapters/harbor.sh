# sh harbor.sh RESULTS_DIR TEST SHELL (FILE PLACE)…
# Lays out /app as Harbor's container would, with each FILE of the candidate at its PLACE in it, and runs the test.
results=$1 test=$2 shell=$3
shift 3
mkdir -p "$results/logs/verifier" /tmp/app || exit
for folder in environment app; do
  [ ! -d "$folder" ] || cp -R "$folder/." /tmp/app || exit
done
rm -f /tmp/app/Dockerfile
while [ $# -gt 0 ]; do
  mkdir -p "$(dirname "/tmp/app/$2")" && cp "$1" "/tmp/app/$2" || exit
  shift 2
done
grep -rl --null -m1 '^#!' /tmp/app | xargs -0 chmod u+x 2>/dev/null || :
cd /app || exit
exec "$shell" "/tests/$test"
