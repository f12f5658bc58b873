/** Does the work every `milliseconds`, never two at once, without keeping the process alive. Returns how to stop. */
export function repeat(milliseconds: number, work: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  const next = () => {
    timer = setTimeout(() => void work().finally(() => timer && next()), milliseconds).unref();
  };
  next();
  return () => {
    clearTimeout(timer);
    timer = undefined;
  };
}
