/**
 * What `look` finds as soon as it throws nothing; what it threw last after ten seconds. For what happens beside a
 * request.
 */
export async function eventually<T>(look: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + 10_000; ; await new Promise((resolve) => setTimeout(resolve, 25))) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
