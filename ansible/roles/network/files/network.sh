# Has the plugins that networks are made of, and the built-in network's service where it is chosen; takes that away where
# another one is. Prints a line "changed: …" for each change.
# Standard input: lines for write_files, the service's. NETWORK_PLUGIN: the choice.
set -eu
unit=coldstart-network

# Those of Debian's package, where upstream's package and every network's own installer put theirs.
link_plugins() {
  for plugin in /usr/lib/cni/*; do
    name=${plugin##*/}
    if [ -x "$plugin" ] && [ ! -e "/opt/cni/bin/$name" ]; then
      ln -sf "$plugin" "/opt/cni/bin/$name"
      echo "changed: /opt/cni/bin/$name"
    fi
  done
}

has_plugins() {
  [ -x /opt/cni/bin/bridge ] && [ -x /opt/cni/bin/host-local ]
}

# Only where the Kubernetes repository has no package of them that kubelet needs.
install_plugins() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get install -q -y --no-install-recommends \
    -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 containernetworking-plugins > /dev/null
  link_plugins
}

run_service() {
  written=$(write_files)
  if [ -n "$written" ]; then
    echo "$written"
    systemctl daemon-reload
  fi
  keep_running $unit "$written"
}

remove_service() {
  [ -e /etc/systemd/system/$unit.service ] || return 0
  systemctl disable --quiet --now $unit
  rm -f /etc/systemd/system/$unit.service /etc/cni/net.d/10-coldstart.conflist
  systemctl daemon-reload
  echo "changed: the built-in network is gone"
}

mkdir -p /opt/cni/bin /etc/cni/net.d
link_plugins
has_plugins || install_plugins
if [ "$NETWORK_PLUGIN" = builtin ]; then run_service; else remove_service; fi
