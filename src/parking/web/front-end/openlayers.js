// The cut of OpenLayers that the map pages use: what `../static/modules/map.js` is handed. No control of its own (our
// buttons are HTML, in the reader's language), and no proj4: OpenLayers knows UTM by itself.

export { default as Feature } from "ol/Feature.js";
export { default as Map } from "ol/Map.js";
export { default as View } from "ol/View.js";
export { default as MultiPolygon } from "ol/geom/MultiPolygon.js";
export { default as Point } from "ol/geom/Point.js";
export { defaults as interactions } from "ol/interaction/defaults.js";
export { default as TileLayer } from "ol/layer/Tile.js";
export { default as VectorLayer } from "ol/layer/Vector.js";
export { fromLonLat } from "ol/proj.js";
export { default as Projection } from "ol/proj/Projection.js";
export { default as VectorSource } from "ol/source/Vector.js";
export { default as XYZ } from "ol/source/XYZ.js";
export { default as Circle } from "ol/style/Circle.js";
export { default as Fill } from "ol/style/Fill.js";
export { default as Stroke } from "ol/style/Stroke.js";
export { default as Style } from "ol/style/Style.js";
export { default as Text } from "ol/style/Text.js";
export { default as TileGrid } from "ol/tilegrid/TileGrid.js";
