// The texts on the page whose contrast with what is behind them is below `least`, with the ratio.
(least) => {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (front, back) => [0, 1, 2].map((i) => front[i] * front[3] + back[i] * (1 - front[3])).concat(1);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const upwards = function* (one) { for (let each = one; each; each = each.parentElement) yield each; };
  const behind = (one) => {
    const layers = [];
    for (const each of upwards(one)) {
      layers.push(rgba(getComputedStyle(each).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reduceRight((back, layer) => over(layer, back), [255, 255, 255, 1]);
  };
  const ratio = (one) => {
    const back = behind(one);
    const front = rgba(getComputedStyle(one).color);
    for (const each of upwards(one)) front[3] *= Number(getComputedStyle(each).opacity);
    const [high, low] = [light(over(front, back)), light(back)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const shows = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
    && one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && one.getBoundingClientRect().width > 2;
  const reachable = document.querySelector("dialog:modal") ?? document.body;
  return [...reachable.querySelectorAll("*")].filter(shows).map((one) => [one.textContent.trim().slice(0, 40), ratio(one)])
    .filter(([, found]) => found < least).map(([text, found]) => `${text}: ${found.toFixed(2)}`);
}
