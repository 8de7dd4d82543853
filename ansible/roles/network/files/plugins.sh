# Makes the CNI plugins of Debian's package reachable at /opt/cni/bin, where upstream's package and every network's
# own installer put theirs, and takes the built-in network away where another one was chosen.
# Exit status 3: no plugins anywhere.
set -eu

mkdir -p /opt/cni/bin /etc/cni/net.d
if [ "$NETWORK_PLUGIN" != builtin ] && [ -e /etc/systemd/system/coldstart-network.service ]; then
  systemctl disable --now coldstart-network
  rm -f /etc/systemd/system/coldstart-network.service /etc/cni/net.d/10-coldstart.conflist
  systemctl daemon-reload
  echo "changed: the built-in network is gone"
fi
for plugin in /usr/lib/cni/*; do
  name=${plugin##*/}
  if [ -x "$plugin" ] && [ ! -e "/opt/cni/bin/$name" ]; then
    ln -sf "$plugin" "/opt/cni/bin/$name"
    echo "changed: /opt/cni/bin/$name"
  fi
done
[ -x /opt/cni/bin/bridge ] && [ -x /opt/cni/bin/host-local ] || exit 3
