interface Flight<Result> {
  readonly result: Promise<Result>;
  readonly abort: AbortController;
  wanted: number;
}

/** Work that is done once for all who want it at the same time, and given up when nobody does any more. */
export class SharedWork<Result> {
  private readonly flights = new Map<string, Flight<Result>>();

  /** Joins the work under `key`, or begins it. Rejects with the signal's reason as soon as it fires. */
  async run(key: string, work: (signal: AbortSignal) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted();
    const flight = this.flights.get(key) ?? this.begin(key, work);
    flight.wanted++;
    try {
      return await unlessAborted(flight.result, signal);
    } finally {
      flight.wanted--;
      if (flight.wanted === 0) {
        // Who comes now begins anew.
        if (this.flights.get(key) === flight) this.flights.delete(key);
        flight.abort.abort(new Error('nobody wants it any more'));
      }
    }
  }

  private begin(key: string, work: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    const abort = new AbortController();
    const flight: Flight<Result> = { result: work(abort.signal), abort, wanted: 0 };
    const end = () => {
      if (this.flights.get(key) === flight) this.flights.delete(key);
    };
    flight.result.then(end, end);
    this.flights.set(key, flight);
    return flight;
  }
}

/** The work goes on; only the wait ends. */
export function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
