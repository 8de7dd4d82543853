# Prints "changed" or "same", and the administrator's kubeconfig in base64.
# FOR_SSH_USER: not empty where the SSH user gets a copy.
set -eu
ours=/etc/kubernetes/admin.conf
state=same
if [ -n "$FOR_SSH_USER" ]; then
  user=${SUDO_USER:-root}
  home=$(getent passwd "$user" | cut -d: -f6)
  theirs=$home/.kube/config
  if [ ! -e "$theirs" ] || { [ "$ours" -nt "$theirs" ] &&
    [ "$(grep certificate-authority-data "$theirs")" = "$(grep certificate-authority-data "$ours")" ]; }; then
    install -d -m 0700 -o "$user" -g "$(id -g "$user")" "$home/.kube"
    install -m 0600 -o "$user" -g "$(id -g "$user")" "$ours" "$theirs"
    state=changed
  fi
fi
echo "$state $(base64 -w 0 < "$ours")"
