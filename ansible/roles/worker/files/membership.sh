# What this machine is to a cluster. ROLE: control_plane or worker.
folder=/etc/kubernetes

is_complete() {
  [ -e "$folder/pki/ca.crt" ] && [ -e "$folder/kubelet.conf" ] && [ ! -e "$folder/bootstrap-kubelet.conf" ] || return 1
  # A control plane has more to do after its kubelet is in, so there only our own mark tells.
  [ "$ROLE" = worker ] || [ ! -e "$marks/started" ]
}

has_remains() {
  [ -e "$folder/kubelet.conf" ] || [ -e "$folder/bootstrap-kubelet.conf" ] || [ -e "$folder/pki/ca.crt" ]
}
