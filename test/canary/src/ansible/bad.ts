import '../cluster/bad.ts';
import '../maas/client.ts';
