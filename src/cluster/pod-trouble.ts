/** What is read of a pod: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodStatus */
export interface WirePod {
  metadata: { name: string };
  spec?: { nodeName?: string };
  status?: { initContainerStatuses?: WireContainer[]; containerStatuses?: WireContainer[] };
}

interface WireContainer {
  name: string;
  image: string;
  state?: { waiting?: { reason?: string; message?: string } };
}

export interface PodTrouble {
  seen: string;
  remedy?: string;
}

/** Reasons of the kubelet for an image that it does not get. */
const withoutImage: readonly string[] = ['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName'];
/** Other reasons that do not pass by waiting. */
const standing: readonly string[] = [
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
];

/** Why pods do not become ready, where a kubelet says so: a missing image first. Undefined while they are on their way. Pure. */
export function podTrouble(pods: readonly WirePod[]): PodTrouble | undefined {
  const waiting = pods.flatMap(({ metadata, spec, status = {} }) => {
    const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    return containers.flatMap(({ name, image, state }) => {
      const { reason = '', message = '' } = state?.waiting ?? {};
      return [{ pod: metadata.name, node: spec?.nodeName ?? 'its node', name, image, reason, message }];
    });
  });
  const imageless = waiting.find(({ reason }) => withoutImage.includes(reason));
  if (imageless) {
    const { node, image } = imageless;
    return {
      seen: `${node} cannot pull the image ${image}`,
      remedy: `make sure that ${node} reaches the registry of ${image}, and that the image is there (images and mirror in cluster.yaml say where images come from)`,
    };
  }
  const stuck = waiting.find(({ reason }) => standing.includes(reason));
  if (!stuck) return undefined;
  const said = stuck.message === '' ? '' : `: ${stuck.message}`;
  return { seen: `${stuck.name} of the pod ${stuck.pod}: ${stuck.reason}${said}` };
}
