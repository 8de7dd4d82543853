# Writes standard input to KUBECONFIG_PATH, which its owner alone may read. Prints "changed: …" when it was another before.
set -eu
umask 077
new=$KUBECONFIG_PATH.new
cat > "$new"
if cmp -s "$new" "$KUBECONFIG_PATH"; then
  chmod 600 "$KUBECONFIG_PATH"
  rm "$new"
else
  mv "$new" "$KUBECONFIG_PATH"
  echo "changed: $KUBECONFIG_PATH"
fi
