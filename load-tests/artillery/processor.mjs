// Artillery would bundle a .ts processor with a compiler of its own; Node loads TypeScript by itself.
export { askForCompletions } from './src/ask-for-completions.ts';
export { comeBack } from './src/come-back.ts';
export { connectAndStay } from './src/connect-and-stay.ts';
export { joinAgainAndAgain } from './src/join-again.ts';
export { moveCursor } from './src/move-cursor.ts';
export { takeSeat } from './src/seat.ts';
export { typeAndWatch } from './src/type-and-watch.ts';
