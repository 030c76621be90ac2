"""All products, by name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from models.benchmarks.products.cover import COVER
from models.benchmarks.products.needles import NEEDLES
from models.benchmarks.products.photographs import BSDATA, MAGNETIC_TILE, PCB
from models.benchmarks.products.product import Product
from models.benchmarks.products.webbing import WEBBING

PRODUCTS: Final[Mapping[str, Product]] = MappingProxyType(
    {product.name: product for product in (BSDATA, MAGNETIC_TILE, PCB, COVER, NEEDLES, WEBBING)}
)
