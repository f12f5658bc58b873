/**
 * Does the work every `milliseconds`, never two at once, without keeping the process alive; whatever it throws is told,
 * and the next time comes all the same. Returns how to stop.
 */
export function repeat(milliseconds: number, work: () => Promise<void>, failed: (error: Error) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const next = () => {
    const again = () => timer && next();
    timer = setTimeout(() => void work().catch(failed).finally(again), milliseconds).unref();
  };
  next();
  return () => {
    clearTimeout(timer);
    timer = undefined;
  };
}
