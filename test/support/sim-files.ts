export { SimFiles } from './sim/files.ts';
