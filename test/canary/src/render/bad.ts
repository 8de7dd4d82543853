import '../cli/bad.ts';
