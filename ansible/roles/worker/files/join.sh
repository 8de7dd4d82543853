# Joins this machine. Standard input: kubeadm's configuration.
take_turn
take_configuration
mark_started
# shellcheck disable=SC2046 # one flag a word
kubeadm join --config "$configuration" $(flags)
mark_complete
