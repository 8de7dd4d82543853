import '../maas/client.ts';
