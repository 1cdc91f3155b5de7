// Keeps the end of the conversation in view while the rows or the space for them change: an image that has loaded, a menu
// that appears below, another size of the window.

/** How far from the end, in pixels, still counts as the end. */
const NEAR = 40;

/** Returns a function that scrolls to the end. */
export function keepEnd(box, content) {
  let atEnd = true;
  let top = 0;
  box.addEventListener("scroll", () => {
    const left = box.scrollHeight - box.scrollTop - box.clientHeight;
    // Only a person scrolls up. Content that has just grown is further from the end, too, but at the same place.
    if (left < NEAR) atEnd = true;
    else if (box.scrollTop < top) atEnd = false;
    top = box.scrollTop;
  });
  const toEnd = () => {
    atEnd = true;
    box.scrollTop = box.scrollHeight;
  };
  const observer = new ResizeObserver(() => atEnd && toEnd());
  observer.observe(box);
  observer.observe(content);
  return toEnd;
}
