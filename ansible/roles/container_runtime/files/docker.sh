# Configures Docker and has it run, then begins to pull images. Prints a line "changed: …" for each change.
# Standard input: lines for write_files. UNITS: those that are to run; IMAGE_REPOSITORY: empty for upstream's.
written=$(write_files)
if [ -n "$written" ]; then
  echo "$written"
  systemctl daemon-reload
fi
for unit in $UNITS; do
  keep_running "$unit" "$written"
done
[ ! -S /run/cri-dockerd.sock ] || { list_images && begin_to_pull unix:///run/cri-dockerd.sock; }
