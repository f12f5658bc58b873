/*
 * What is marked `data-deliberate` can be pressed once it has been in front for half a second: after the page is shown, and
 * whenever it comes to the front again. The second half of a double click on a window that lay above it is not meant for it.
 */
const IN_FRONT_FOR = 500;
const buttons = document.querySelectorAll('[data-deliberate]');
let ready;

const wait = () => {
  clearTimeout(ready);
  for (const button of buttons) button.setAttribute('aria-disabled', 'true');
  ready = setTimeout(() => {
    for (const button of buttons) button.removeAttribute('aria-disabled');
  }, IN_FRONT_FOR);
};

// By the keyboard too: a form that is sent with Enter presses its first button.
for (const button of buttons)
  button.addEventListener('click', (event) => {
    if (button.hasAttribute('aria-disabled')) event.preventDefault();
  });
addEventListener('pageshow', wait);
addEventListener('focus', wait);
document.addEventListener('visibilitychange', wait);
wait();
