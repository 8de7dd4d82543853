# Prints "missing NAME[=PATTERN]" for each package to install and "unheld NAME" for each Kubernetes package that may
# be upgraded by accident. Fails when another version than the wanted one is there.
# PACKAGES: "NAME" or "NAME=VERSION-PATTERN", separated by blanks.
set -euf

mkdir -p /etc/apt/keyrings /etc/apt/coldstart/sources.list.d /var/lib/coldstart/apt/partial

# A power cut in the middle of an installation leaves packages half done, and apt refuses to work until that is
# mended. When another apt is at work, this does nothing.
if [ -n "$(dpkg --audit)" ] || [ -n "$(ls -A /var/lib/dpkg/updates)" ]; then
  DEBIAN_FRONTEND=noninteractive dpkg --force-confold --configure -a > /dev/null 2>&1 || true
fi

for package in $PACKAGES; do
  name=${package%%=*} pattern=${package#*=}
  state=$(dpkg-query -W -f '${db:Status-Want} ${db:Status-Status} ${Version}' "$name" 2>/dev/null) || state=
  set -- $state none none none
  want=$1 status=$2 version=$3
  if [ "$status" != installed ]; then
    echo "missing $package"
  elif [ "$pattern" != "$name" ]; then
    case $version in
      # A patch version may come with or without a package revision.
      $pattern | ${pattern%-\*}) [ "$want" = hold ] || echo "unheld $name" ;;
      *)
        echo "$name $version is installed, but the cluster is to run ${pattern%[.-]\*}: prepare does not change the version" \
          "of a machine that has one already" >&2
        exit 1
        ;;
    esac
  fi
done
