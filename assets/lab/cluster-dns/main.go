// cluster-dns answers for the names of a cluster's services. It takes CoreDNS's place in the lab where
// CoreDNS cannot be had: same flags, ports and health paths as kubeadm's Deployment of it expects.
// It knows the A records of services, ClusterIP and headless, and nothing outside the cluster.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/miekg/dns"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

const (
	zone      = "cluster.local."
	ttlSecond = 5
)

type clusterZone struct {
	services  listers.ServiceLister
	endpoints listers.EndpointsLister
	synced    []cache.InformerSynced
}

func main() {
	flag.String("conf", "", "accepted for CoreDNS's sake; nothing in it is used")
	flag.Parse()
	z := watchCluster()
	go serveHealth(":8080", func() bool { return true })
	go serveHealth(":8181", z.ready)
	cache.WaitForCacheSync(nil, z.synced...)
	dns.HandleFunc(".", z.answer)
	go func() { log.Fatal((&dns.Server{Addr: ":53", Net: "tcp"}).ListenAndServe()) }()
	log.Fatal((&dns.Server{Addr: ":53", Net: "udp"}).ListenAndServe())
}

func watchCluster() *clusterZone {
	config, err := rest.InClusterConfig()
	if err != nil {
		log.Fatal(err)
	}
	factory := informers.NewSharedInformerFactory(kubernetes.NewForConfigOrDie(config), 10*time.Minute)
	services, endpoints := factory.Core().V1().Services(), factory.Core().V1().Endpoints()
	z := &clusterZone{
		services:  services.Lister(),
		endpoints: endpoints.Lister(),
		synced:    []cache.InformerSynced{services.Informer().HasSynced, endpoints.Informer().HasSynced},
	}
	factory.Start(nil)
	return z
}

func (z *clusterZone) ready() bool {
	for _, synced := range z.synced {
		if !synced() {
			return false
		}
	}
	return true
}

func serveHealth(address string, healthy func() bool) {
	log.Fatal(http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !healthy() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Write([]byte("OK"))
	})))
}

func (z *clusterZone) answer(w dns.ResponseWriter, query *dns.Msg) {
	reply := new(dns.Msg)
	reply.SetReply(query)
	reply.Authoritative = true
	for _, question := range query.Question {
		addresses, known := z.addresses(strings.ToLower(question.Name))
		if !known {
			reply.Rcode = dns.RcodeNameError
			continue
		}
		if question.Qtype != dns.TypeA {
			continue
		}
		for _, address := range addresses {
			header := dns.RR_Header{Name: question.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: ttlSecond}
			reply.Answer = append(reply.Answer, &dns.A{Hdr: header, A: address})
		}
	}
	w.WriteMsg(reply)
}

// addresses takes SERVICE.NAMESPACE.svc.ZONE and HOST.SERVICE.NAMESPACE.svc.ZONE.
func (z *clusterZone) addresses(name string) ([]net.IP, bool) {
	inside := strings.TrimSuffix(name, ".svc."+zone)
	labels := strings.Split(inside, ".")
	if inside == name || len(labels) < 2 || len(labels) > 3 {
		return nil, false
	}
	namespace, serviceName := labels[len(labels)-1], labels[len(labels)-2]
	service, err := z.services.Services(namespace).Get(serviceName)
	if err != nil {
		return nil, false
	}
	if len(labels) == 2 && service.Spec.ClusterIP != v1.ClusterIPNone {
		return []net.IP{net.ParseIP(service.Spec.ClusterIP)}, true
	}
	return z.podAddresses(namespace, serviceName, strings.Join(labels[:len(labels)-2], ""))
}

// podAddresses gives every ready pod behind a service, or only the one that is called host.
func (z *clusterZone) podAddresses(namespace, serviceName, host string) ([]net.IP, bool) {
	endpoints, err := z.endpoints.Endpoints(namespace).Get(serviceName)
	if err != nil {
		return nil, false
	}
	var found []net.IP
	for _, subset := range endpoints.Subsets {
		for _, pod := range subset.Addresses {
			if host == "" || pod.Hostname == host || strings.ReplaceAll(pod.IP, ".", "-") == host {
				found = append(found, net.ParseIP(pod.IP))
			}
		}
	}
	return found, len(found) > 0
}
