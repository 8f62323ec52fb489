"""Django, as an adapter calls it: a view, an error, one that is not there."""

import calling
import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path


def order(request, number):
    return JsonResponse({"number": number})


def broken(request):
    raise ValueError("out of stock")


def main(at):
    assert settings.ROOT_URLCONF == "urls_of_django", django.__version__
    app = get_wsgi_application()
    told = [calling.wsgi(app, "/orders/7", query="a=1"), calling.wsgi(app, "/nowhere")[:1]]
    return [*told, calling.wsgi(app, "/broken")[:1]]


urlpatterns = [path("orders/<int:number>", order, name="order"), path("broken", broken)]
