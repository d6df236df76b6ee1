export interface QueueLimits {
  /** `onFull` is called when this much waits, `onDrained` when half of it is left. */
  maxBytes: number;
  onFull: () => void;
  onDrained: () => void;
}

export interface BoundedQueue<Item> {
  push(item: Item, sizeBytes: number): void;
  /** No item comes any more; with an error, the reader gets it at once, before what still waits. */
  end(error?: unknown): void;
  read(): AsyncIterableIterator<Item>;
}

/** Hands items from callbacks to one async reader and tells the source when to pause. */
export function createBoundedQueue<Item>(limits: QueueLimits): BoundedQueue<Item> {
  let waiting: { item: Item; sizeBytes: number }[] = [];
  let next = 0;
  let waitingBytes = 0;
  let full = false;
  let ended = false;
  let failure: { error: unknown } | undefined;
  let wake: (() => void) | undefined;
  const signalReader = (): void => {
    wake?.();
    wake = undefined;
  };
  return {
    push(item, sizeBytes) {
      if (ended) return;
      waiting.push({ item, sizeBytes });
      waitingBytes += sizeBytes;
      if (!full && waitingBytes >= limits.maxBytes) {
        full = true;
        limits.onFull();
      }
      signalReader();
    },
    end(error) {
      if (ended) return;
      ended = true;
      if (error !== undefined) failure = { error };
      signalReader();
    },
    async *read() {
      for (;;) {
        if (failure) throw failure.error;
        const entry = waiting[next];
        if (entry === undefined) {
          waiting = [];
          next = 0;
          if (ended) return;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        next++;
        waitingBytes -= entry.sizeBytes;
        if (full && waitingBytes <= limits.maxBytes / 2) {
          full = false;
          limits.onDrained();
        }
        yield entry.item;
      }
    },
  };
}
