/** Tells the runner where the server listens. A server whose runner is gone ends too. */
export const say = ({ port }) => {
  console.log(`listening on ${port}`);
  process.stdin.on('end', () => process.exit()).resume();
};
