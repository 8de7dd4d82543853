# Joins this machine, once. Prints "changed: …" when it did.
# Standard input: kubeadm's patches as lines for write_files, an empty line, its configuration.
# CLUSTER_CA: the fingerprint of the cluster.
#
# Only what our own unfinished kubeadm left is cleared away. Of another cluster it may be worth something.
write_files
take_turn
if is_complete && [ "$(ca_fingerprint)" = "$CLUSTER_CA" ]; then
  mark_complete
  exit 0
fi
if [ -e "$marks/started" ]; then
  reset_machine
elif has_remains; then
  fail "this machine is in another cluster than $CLUSTER_NAME is now$(sed 's/.*/: one called &/' "$marks/cluster" 2> /dev/null)." \
    "It is left as it is: release it, or run reset.yml on it"
fi

take_configuration
mark_started
# shellcheck disable=SC2046 # one flag a word
kubeadm join --config "$configuration" $(flags)
mark_complete
echo "changed: it joined the cluster $CLUSTER_NAME"
