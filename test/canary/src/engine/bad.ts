import '../steps/bad.ts';
