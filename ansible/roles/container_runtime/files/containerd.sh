# Configures containerd and has it run, then begins to pull images. Prints a line "changed: …" for each change.
# Standard input: lines for write_files. Where they have one more word, it names the versions of containerd that they are
# for (2, 3.0 or 3, after the version of their format), and what only the machine knows is filled in.
# IMAGE_REPOSITORY: where the images come from, empty for upstream's.

# The format of the configuration: "containerd github.com/containerd/containerd/v2 v2.1.4 …", "… 1.6.20~ds1 …"
find_format() {
  version=$(containerd --version | awk '{ print $3 }' | sed 's/^v//')
  case $version in
    1.*) format=2 ;;
    2.0 | 2.0.*) format=3.0 ;;
    *) format=3 ;;
  esac
}

fill_in() {
  while read -r mode content path wanted; do
    [ -z "$wanted" ] || [ "$wanted" = "$format" ] || continue
    [ -z "$wanted" ] || content=$(echo "$content" | base64 -d |
      sed "s|@VERSION@|$version|; s|@SANDBOX_IMAGE@|$sandbox_image|" | base64 -w 0)
    echo "$mode $content $path"
  done
}

find_format
list_images
sandbox_image=$(echo "$images" | grep '/pause:')
written=$(fill_in | write_files)
[ -z "$written" ] || echo "$written"
# Mirrors are read at every pull, so only a change of the main file needs a restart.
keep_running containerd "$(echo "$written" | grep '/etc/containerd/config.toml$')"
begin_to_pull unix:///run/containerd/containerd.sock
