/** Typed listeners. One that throws is reported and does not keep the others from hearing. */
export class Emitter<Events extends object> {
  private readonly listeners = new Map<keyof Events, Set<(payload: never) => void>>();

  /** Returns the function that takes the listener away again; calling it twice is harmless. */
  on<E extends keyof Events>(event: E, listener: (payload: Events[E]) => void): () => void {
    const heard = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, heard.add(listener));
    return () => heard.delete(listener);
  }

  emit<E extends keyof Events>(event: E, payload: Events[E]): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) {
      try {
        (listener as (payload: Events[E]) => void)(payload);
      } catch (error) {
        // Thrown anew outside of our own work: an application's mistake must be seen and must not stop an edit.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
