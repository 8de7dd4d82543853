# Writes files; prints "changed: PATH" for each one that was another before.
# Standard input, until it ends or an empty line comes: "MODE CONTENT PATH" a line, the content in base64.
write_files() {
  while read -r mode content path && [ -n "$path" ]; do
    [ "$(base64 -w 0 -- "$path" 2> /dev/null)" != "$content" ] || [ "$(stat -c 0%a "$path")" != "$mode" ] || continue
    mkdir -p "${path%/*}"
    (umask 077 && echo "$content" | base64 -d > "$path.new")
    chmod "$mode" "$path.new"
    mv "$path.new" "$path"
    echo "changed: $path"
  done
}

# Has a service run, now and after a start of the machine. UNIT; second argument: not empty when its files were changed.
keep_running() {
  if ! systemctl is-enabled --quiet "$1" 2> /dev/null; then
    systemctl enable --quiet "$1"
    echo "changed: $1 is enabled"
  fi
  if [ -n "$2" ]; then
    systemctl restart "$1"
  elif ! systemctl is-active --quiet "$1"; then
    systemctl start "$1"
    echo "changed: $1 runs"
  fi
}
