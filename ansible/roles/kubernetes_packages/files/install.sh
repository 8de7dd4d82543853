# Installs what is missing in one transaction, and keeps Kubernetes at its version. Prints a line "changed: …" for each
# change. Fails when another version than the wanted one is there.
# PACKAGES: "NAME" or "NAME=VERSION-PATTERN", separated by blanks; REPOSITORY, SOURCE_FILE, KEY, KEY_FILE: where
# Kubernetes comes from, and what that is kept in here.
set -euf
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

# A power cut in the middle of an installation leaves packages half done, and apt refuses to work until that is
# mended. When another apt is at work, this does nothing.
mend_packages() {
  if [ -n "$(dpkg --audit)" ] || [ -n "$(ls -A /var/lib/dpkg/updates)" ]; then
    dpkg --force-confold --configure -a > /dev/null 2>&1 || true
  fi
}

# Prints "missing NAME[=PATTERN]" for each package to install and "unheld NAME" for each one of Kubernetes that may be
# upgraded by accident.
look() {
  for package in $PACKAGES; do
    name=${package%%=*} pattern=${package#*=}
    state=$(dpkg-query -W -f '${db:Status-Want} ${db:Status-Status} ${Version}' "$name" 2> /dev/null) || state=
    set -- $state none none none
    want=$1 status=$2 version=$3
    if [ "$status" != installed ]; then
      echo "missing $package"
    elif [ "$pattern" != "$name" ]; then
      case $version in
        # A patch version may come with or without a package revision.
        $pattern | ${pattern%-\*}) [ "$want" = hold ] || echo "unheld $name" ;;
        *)
          echo "$name $version is installed, but the cluster is to run ${pattern%[.-]\*}: prepare does not change the" \
            "version of a machine that has one already" >&2
          return 1
          ;;
      esac
    fi
  done
}

# Through apt, so that its proxies hold here too.
trust_repository() {
  if [ ! -s "$KEY_FILE" ]; then
    mkdir -p "${KEY_FILE%/*}"
    /usr/lib/apt/apt-helper -q -q -o Acquire::Retries=3 download-file "$KEY" "$KEY_FILE.new" >&2
    chmod 0644 "$KEY_FILE.new"
    mv "$KEY_FILE.new" "$KEY_FILE"
    echo "changed: $KEY_FILE"
  fi
  line="deb [signed-by=$KEY_FILE] $REPOSITORY /"
  if [ "$(cat "$SOURCE_FILE" 2> /dev/null)" != "$line" ]; then
    mkdir -p "${SOURCE_FILE%/*}"
    echo "$line" > "$SOURCE_FILE"
    chmod 0644 "$SOURCE_FILE"
    echo "changed: $SOURCE_FILE"
  fi
}

# Always, before an installation: an emptied list can have a fresh date, so its age tells nothing. Descriptions in other
# languages are left out. The lock of lists cannot be waited for by apt itself.
refresh_lists() {
  tries=0
  until words=$(apt-get update -q -o Acquire::Languages=none -o APT::Update::Error-Mode=any 2>&1); do
    tries=$((tries + 1))
    if [ "$tries" -ge 300 ] || ! echo "$words" | grep -q 'Could not get lock'; then
      echo "$words" | grep '^E:' >&2 || echo "$words" >&2
      return 1
    fi
    sleep 2
  done
}

# shellcheck disable=SC2086 # a list of packages
install_packages() {
  apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold $1 > /dev/null
  echo "changed: installed" $1
}

# shellcheck disable=SC2086 # a list of packages
hold_packages() {
  apt-mark hold -q $1 > /dev/null
  systemctl is-enabled --quiet kubelet || systemctl enable --quiet kubelet
  # It would start and fail until kubeadm configures it, which starts it then.
  [ -e /var/lib/kubelet/config.yaml ] || systemctl stop kubelet
  echo "changed: held" $1
}

mkdir -p /etc/apt/coldstart/sources.list.d /var/lib/coldstart/apt/partial
mend_packages
state=$(look)
missing=$(echo "$state" | sed -n 's/^missing //p')
if [ -n "$missing" ]; then
  trust_repository
  refresh_lists
  install_packages "$missing"
fi
loose=$(echo "$state" | sed -En 's/^(unheld |missing )(kube[a-z]+).*/\2/p')
[ -z "$loose" ] || hold_packages "$loose"
