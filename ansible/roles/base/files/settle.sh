# Writes settings of the system, and makes the running system what they say. Prints a line "changed: …" for each change.
# Standard input: the files. DNS_SERVERS, NTP_SERVERS: lists, may be empty.
set -eu

turn_swap_off() {
  if [ "$(wc -l < /proc/swaps)" -gt 1 ]; then
    swapoff -a
    echo "changed: swap is off"
  fi
  if [ -e /etc/fstab ] && grep -Eq '^[^#[:space:]]+[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]]' /etc/fstab; then
    sed -Ei 's/^([^#[:space:]]+[[:space:]]+[^[:space:]]+[[:space:]]+swap[[:space:]])/# \1/' /etc/fstab
    echo "changed: swap is out of fstab"
  fi
}

# A kernel may have them built in, or be unable to load anything (containers): only the sysctls below count.
load_modules() {
  for module in overlay br_netfilter; do
    modprobe "$module" 2>/dev/null || true
  done
}

# Read-only settings are fine when they already have the right value.
set_sysctl() {
  file=/proc/sys/$(echo "$1" | tr . /)
  if [ ! -e "$file" ]; then
    echo "note: this kernel has no $1"
  elif [ "$(cat "$file")" != "$2" ]; then
    echo "$2" > "$file" || { echo "$1 is $(cat "$file") and cannot be set to $2" >&2; exit 1; }
    echo "changed: $1 = $2"
  fi
}

is_written() {
  echo "$written" | grep -qxF "changed: $1"
}

# The kubelet hands /etc/resolv.conf, or systemd-resolved's file, to pods; a missing one keeps pods from starting.
use_dns_servers() {
  if [ -n "$DNS_SERVERS" ] && systemctl is-active --quiet systemd-resolved; then
    if is_written /etc/systemd/resolved.conf.d/coldstart.conf; then
      systemctl restart systemd-resolved
    fi
  elif [ -n "$DNS_SERVERS" ]; then
    wanted=$(for server in $DNS_SERVERS; do echo "nameserver $server"; done)
    if [ "$(grep '^nameserver' /etc/resolv.conf 2>/dev/null || true)" != "$wanted" ]; then
      rest=$(grep -v '^nameserver' /etc/resolv.conf 2>/dev/null || true)
      rm -f /etc/resolv.conf
      printf '%s\n' "$wanted" ${rest:+"$rest"} > /etc/resolv.conf
      echo "changed: /etc/resolv.conf"
    fi
  elif [ ! -e /etc/resolv.conf ]; then
    : > /etc/resolv.conf
    echo "changed: /etc/resolv.conf"
  fi
}

use_ntp_servers() {
  [ -n "$NTP_SERVERS" ] || return 0
  if is_written /etc/systemd/timesyncd.conf.d/coldstart.conf && systemctl is-active --quiet systemd-timesyncd; then
    systemctl restart systemd-timesyncd
  fi
  if [ -d /etc/chrony/sources.d ]; then
    wanted=$(for server in $NTP_SERVERS; do echo "server $server iburst"; done)
    if [ "$(cat /etc/chrony/sources.d/coldstart.sources 2>/dev/null)" != "$wanted" ]; then
      echo "$wanted" > /etc/chrony/sources.d/coldstart.sources
      chronyc reload sources > /dev/null 2>&1 || true
      echo "changed: chrony's servers"
    fi
  fi
}

written=$(write_files)
[ -z "$written" ] || echo "$written"
turn_swap_off
load_modules
set_sysctl net.ipv4.ip_forward 1
set_sysctl net.bridge.bridge-nf-call-iptables 1
set_sysctl net.bridge.bridge-nf-call-ip6tables 1
use_dns_servers
use_ntp_servers
