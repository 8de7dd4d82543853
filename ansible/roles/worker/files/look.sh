# Prints "NODE ADDRESS STATE BEGUN CA" of this machine:
#   STATE   complete (it is in a cluster), remains (it is not, but something of one is here) or none
#   BEGUN   begun: our kubeadm was cut off or failed here; else no
#   CA      the fingerprint of its cluster
# NODE_NAME, NODE_ADDRESS: what it is to be called, and the address that it is to use.
take_turn
state=none begun=no ca=
! has_remains || state=remains
! is_complete || state=complete
[ ! -e "$marks/started" ] || begun=begun
[ ! -e "$folder/pki/ca.crt" ] || ca=$(ca_fingerprint)
echo "$NODE_NAME $NODE_ADDRESS $state $begun $ca"
