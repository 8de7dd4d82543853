# By hand, as root on the machine: packages, runtime, images, a bridge for pods. What kubeadm needs, and no more.
#   NUMBER, ROLE                                of this machine; control_plane or worker
#   PACKAGES, REPOSITORY, KEY, REGISTRY, PROXY   from settings.sh
modprobe overlay 2> /dev/null || true
modprobe br_netfilter 2> /dev/null || true
echo 1 > /proc/sys/net/ipv4/ip_forward

echo "Acquire::http::Proxy \"$PROXY\";" > /etc/apt/apt.conf.d/90proxy
mkdir -p /etc/apt/keyrings
echo "$KEY" > /etc/apt/keyrings/kubernetes.asc
echo "deb [signed-by=/etc/apt/keyrings/kubernetes.asc] $REPOSITORY /" > /etc/apt/sources.list.d/kubernetes.list
# No translations of descriptions.
apt-get update -qq -o Acquire::Languages=none
DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $PACKAGES > /dev/null

# It would start and fail until kubeadm has configured it.
systemctl stop kubelet

mkdir -p /opt/cni/bin /etc/cni/net.d /etc/containerd/certs.d/_default
[ ! -d /usr/lib/cni ] || ln -sf /usr/lib/cni/* /opt/cni/bin/
printf '{"cniVersion":"0.4.0","name":"pods","plugins":[{"type":"bridge","bridge":"cni0","isGateway":true,"ipMasq":true,"ipam":{"type":"host-local","ranges":[[{"subnet":"10.244.%d.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}},{"type":"portmap","capabilities":{"portMappings":true}}]}' \
  $((NUMBER - 1)) > /etc/cni/net.d/10-pods.conflist
printf '[host."%s"]\n  capabilities = ["pull", "resolve"]\n' "$REGISTRY" > /etc/containerd/certs.d/_default/hosts.toml
images=$(kubeadm config images list --kubernetes-version "$(kubeadm version -o short)" 2> /dev/null)
cat > /etc/containerd/config.toml << END
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$(echo "$images" | grep /pause:)"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = true
END
systemctl restart containerd
[ "$ROLE" = control_plane ] || images=$(echo "$images" | grep -E '/(kube-proxy|pause):')
# shellcheck disable=SC2086 # the list is meant to be split
systemd-run --quiet --collect sh -c 'for image; do ctr -n k8s.io images pull --hosts-dir /etc/containerd/certs.d "$image" & done; wait' sh $images
