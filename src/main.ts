import './heap.js';

// Loaded only now: the heap is set up before there is much in it.
const { serve } = await import('./serve.js');
await serve();
