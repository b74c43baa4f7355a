// Artillery would bundle a .ts processor with a compiler of its own; Node loads TypeScript by itself.
export { takeSeat, typeAndWatch } from './src/scenario.ts';
