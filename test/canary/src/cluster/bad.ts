import '../ansible/bad.ts';
