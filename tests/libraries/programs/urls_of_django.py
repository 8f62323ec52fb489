"""Settings and routes of the program for Django."""

SECRET_KEY = "of the tests"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls_of_django"
MIDDLEWARE = []
INSTALLED_APPS = []
DATABASES = {}
USE_TZ = True


def __getattr__(name):
    if name == "urlpatterns":
        import program_django

        return program_django.urlpatterns
    raise AttributeError(name)
