# Standard input: "PATH MODE CONTENT" a line, the content in base64. Prints the path of each file that was changed.
set -eu
while read -r path mode content; do
  [ -n "$path" ] || continue
  [ "$(base64 -w 0 < "$path" 2> /dev/null)" != "$content" ] || [ "$(stat -c 0%a "$path")" != "$mode" ] || continue
  mkdir -p "${path%/*}"
  echo "$content" | base64 -d > "$path.new"
  chmod "$mode" "$path.new"
  mv "$path.new" "$path"
  echo "$path"
done
