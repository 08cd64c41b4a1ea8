/** What each front-end thread of a process that is a server imports first. */

import { systemClock } from '@nereid/core';
import { HeapTrimmer, threadHeapSize } from './heap-trimmer.js';
import { MemoryReclaimer, processMemory } from './memory-reclaimer.js';

// Each thread collects its own garbage only.
const memory = processMemory();
new MemoryReclaimer({ clock: systemClock, ...memory }).start();
new HeapTrimmer({ clock: systemClock, heapSize: threadHeapSize, ...memory }).start();
